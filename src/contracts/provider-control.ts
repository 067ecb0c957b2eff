import { type Answer, type Asking, type Control, RequestFailed } from '../control/schema/client.ts';

/** What verification needs of a provider besides its answers. */
export interface ProviderControl {
  /**
   * Sets up a state, or tears it down, and returns its values.
   *
   * @throws {RequestFailed} it failed; without a status, the provider cannot be reached
   */
  applyState(state: Asking<'POST /provider-states'>['body']): Promise<Readonly<Record<string, string>>>;
  /** Requests with a greater id, oldest first; none when the provider has no journal. */
  requestsAfter(id: number): Promise<Answer<'GET /requests'>['items']>;
  /** Events of a client's calls, oldest first; none when the provider has no journal. */
  eventsOf(clientId: string): Promise<Answer<'GET /events'>['items']>;
}

/** @throws {RequestFailed} there was no answer; a refusal is returned */
function emptyWhenRefused(error: unknown): [] {
  if (error instanceof RequestFailed && error.status !== undefined) return [];
  throw error;
}

/**
 * The control of a simulator, over its control API.
 *
 * @param verification names this verification, so that no other one sets up states meanwhile
 */
export const simulatorControl = (control: Control, verification: string): ProviderControl => ({
  applyState: (body) => control.ask('POST /provider-states', { body: { ...body, verification } }),
  requestsAfter: (id) => control.askForAll('GET /requests', { after: String(id) }).catch(emptyWhenRefused),
  eventsOf: (client_id) => control.askForAll('GET /events', { client_id }).catch(emptyWhenRefused),
});
