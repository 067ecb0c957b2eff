import { useEffect, useState } from 'preact/hooks';
import { CONSOLE } from '../../control/schema/paths.ts';
import type { ConsoleParts, ConsoleProblem, ConsoleQuery } from './messages.ts';

/** The state of the connection to the simulator; it reconnects by itself. */
export type ConnectionState =
  | { readonly state: 'connecting' }
  | { readonly state: 'live'; readonly again: boolean }
  | { readonly state: 'away' };

/** The content received so far. */
export interface ConsoleStream {
  readonly parts: Partial<ConsoleParts>;
  readonly link: ConnectionState;
  /** What cannot be read now, and why. */
  readonly problem: string | undefined;
}

/** The parts that the page subscribes to. */
export const PARTS: Readonly<Record<keyof ConsoleParts, true>> = {
  server: true,
  clients: true,
  clock: true,
  scenarios: true,
  calls: true,
  call: true,
  tokens: true,
  findings: true,
  coverage: true,
  faults: true,
  journal: true,
};

/** After a response that is not a stream, a browser does not reconnect by itself. */
const RETRY_DELAY_MS = 1_000;

const buildStreamUrl = (query: ConsoleQuery): string => `${CONSOLE}/stream?${new URLSearchParams(query)}`;

/**
 * Whether the console may be visible. A browser opens six connections per host for all tabs, so consoles in the background
 * disconnect: with six of them no other could open, and none could send requests.
 */
function usePageVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return isVisible;
}

/** Subscribes to the content for `query`, while the page is visible. */
export function useConsoleStream(query: ConsoleQuery): ConsoleStream {
  const [parts, setParts] = useState<Partial<ConsoleParts>>({});
  const [link, setLink] = useState<ConnectionState>({ state: 'connecting' });
  const [problem, setTrouble] = useState<string>();
  const address = buildStreamUrl(query);
  const isVisible = usePageVisible();

  useEffect(() => {
    if (!isVisible) return undefined;
    let source: EventSource;
    let retry: ReturnType<typeof setTimeout>;
    const open = () => {
      source = new EventSource(address);
      for (const name of Object.keys(PARTS)) {
        source.addEventListener(name, ({ data }: MessageEvent<string>) => {
          setParts((before) => ({ ...before, [name]: JSON.parse(data) }));
          setTrouble(undefined);
        });
      }
      source.addEventListener('trouble', ({ data }: MessageEvent<string>) =>
        setTrouble((JSON.parse(data) as ConsoleProblem).message),
      );
      source.onopen = () =>
        setLink((before) => ({
          state: 'live',
          again: before.state === 'away' || (before.state === 'live' && before.again),
        }));
      source.onerror = () => {
        setLink({ state: 'away' });
        if (source.readyState === source.CLOSED) retry = setTimeout(open, RETRY_DELAY_MS);
      };
    };
    open();
    return () => {
      clearTimeout(retry);
      source.close();
    };
  }, [address, isVisible]);

  return { parts, link, problem };
}
