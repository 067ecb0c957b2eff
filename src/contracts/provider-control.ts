import { type Answer, type Asking, type Control, RequestFailed } from '../control/schema/client.ts';

/** What verification needs of a provider beside its answers. */
export interface ProviderControl {
  /**
   * Brings a state about, or ends it, and answers the values that it gives.
   *
   * @throws {RequestFailed} it cannot; without a status, the provider cannot be reached
   */
  applyState(state: Asking<'POST /provider-states'>['body']): Promise<Readonly<Record<string, string>>>;
  /** Requests with a greater id, oldest first; none where the provider does not tell. */
  requestsAfter(id: number): Promise<Answer<'GET /requests'>['items']>;
  /** Events of the calls of a client, oldest first; none where the provider does not tell. */
  eventsOf(clientId: string): Promise<Answer<'GET /events'>['items']>;
}

/** @throws {RequestFailed} there was no refusal, but no answer */
function emptyWhenRefused(error: unknown): { readonly items: [] } {
  if (error instanceof RequestFailed && error.status !== undefined) return { items: [] };
  throw error;
}

/** What the control API of a simulator gives. */
export const simulatorControl = (control: Control): ProviderControl => ({
  applyState: (body) => control.ask('POST /provider-states', { body }),
  requestsAfter: async (id) =>
    (await control.ask('GET /requests', { query: { after: String(id) } }).catch(emptyWhenRefused)).items,
  eventsOf: async (client_id) =>
    (await control.ask('GET /events', { query: { client_id } }).catch(emptyWhenRefused)).items,
});
