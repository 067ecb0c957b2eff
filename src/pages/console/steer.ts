import { type Argument, type Asking, RequestFailed, type RouteName } from '../../control/schema/client.ts';
import { control } from '../control.ts';

/** Sends a request to the simulator, by the name of a route of its control API. */
export type OnOrder = <Name extends RouteName>(name: Name, ...asking: Argument<Asking<Name>>) => void;

/** Why the simulator refused a request, for people. */
function describeFailure({ code, message, status, details: { hint } }: RequestFailed): string {
  if (code === 'unreachable') return 'The simulator cannot be reached';
  if (code === 'not_simulator') return `The simulator answered ${status}`;
  return hint === undefined ? message : `${message}: ${hint}`;
}

interface Outcome {
  readonly onDone: (answer: unknown) => void;
  readonly onFailed: (reason: string) => void;
}

/** Sends requests and reports the outcome of each. */
export const steering =
  ({ onDone, onFailed }: Outcome): OnOrder =>
  (name, ...asking) => {
    control.ask(name, ...asking).then(onDone, (error: Error) => {
      onFailed(error instanceof RequestFailed ? describeFailure(error) : error.message);
    });
  };
