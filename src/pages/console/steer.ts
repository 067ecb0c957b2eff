import { type Argument, type Asking, RequestFailed, type RouteName } from '../../control/schema/client.ts';
import { control } from '../control.ts';

/** Tells the simulator to do something, by the name of a route of its control API. */
export type OnOrder = <Name extends RouteName>(name: Name, ...asking: Argument<Asking<Name>>) => void;

/** Why the simulator did not do what it was told to, for people. */
function reasonOf({ code, message, status, details: { hint } }: RequestFailed): string {
  if (code === 'unreachable') return 'the simulator cannot be reached now';
  if (code === 'not_simulator') return `the simulator answered ${status}`;
  return hint === undefined ? message : `${message}: ${hint}`;
}

interface Outcome {
  readonly onDone: (answer: unknown) => void;
  readonly onFailed: (reason: string) => void;
}

/** What gives orders and tells what comes of each. */
export const steering =
  ({ onDone, onFailed }: Outcome): OnOrder =>
  (name, ...asking) => {
    control.ask(name, ...asking).then(onDone, (error: Error) => {
      onFailed(error instanceof RequestFailed ? reasonOf(error) : error.message);
    });
  };
