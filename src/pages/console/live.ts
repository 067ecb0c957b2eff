import { useEffect, useState } from 'preact/hooks';
import { CONSOLE } from '../../control/schema/paths.ts';
import type { ConsoleParts, ConsoleQuery, ConsoleTrouble } from './messages.ts';

/** How the console stands with its simulator: it comes back by itself when that does. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'live'; readonly again: boolean }
  | { readonly state: 'away' };

/** What the simulator has told so far. */
export interface Live {
  readonly parts: Partial<ConsoleParts>;
  readonly link: Link;
  /** What cannot be told now, and why. */
  readonly trouble: string | undefined;
}

/** The parts to which the page listens. */
export const PARTS: Readonly<Record<keyof ConsoleParts, true>> = {
  server: true,
  clients: true,
  clock: true,
  scenarios: true,
  calls: true,
  call: true,
  tokens: true,
  findings: true,
  journal: true,
};

/** After an answer that is no stream a browser does not try again by itself. */
const RETRY_MS = 1_000;

const addressOf = (query: ConsoleQuery): string => `${CONSOLE}/stream?${new URLSearchParams(query)}`;

/**
 * Whether anybody may be looking. A browser has six connections for all tabs of an address, so that consoles in the
 * background must not keep theirs: with six of them no other opened, and none could give orders.
 */
function useVisible(): boolean {
  const [isVisible, setVisible] = useState(!document.hidden);
  useEffect(() => {
    const look = () => setVisible(!document.hidden);
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, []);
  return isVisible;
}

/** Follows what the simulator tells of `query`, while it can be seen. */
export function useLive(query: ConsoleQuery): Live {
  const [parts, setParts] = useState<Partial<ConsoleParts>>({});
  const [link, setLink] = useState<Link>({ state: 'connecting' });
  const [trouble, setTrouble] = useState<string>();
  const address = addressOf(query);
  const isVisible = useVisible();

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
        setTrouble((JSON.parse(data) as ConsoleTrouble).message),
      );
      source.onopen = () =>
        setLink((before) => ({
          state: 'live',
          again: before.state === 'away' || (before.state === 'live' && before.again),
        }));
      source.onerror = () => {
        setLink({ state: 'away' });
        if (source.readyState === source.CLOSED) retry = setTimeout(open, RETRY_MS);
      };
    };
    open();
    return () => {
      clearTimeout(retry);
      source.close();
    };
  }, [address, isVisible]);

  return { parts, link, trouble };
}
