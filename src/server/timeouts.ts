/** How long a client may take, in milliseconds, before the server disconnects it. */
export interface Timeouts {
  /** To send a complete request. The response may take as long as it likes. */
  readonly request: number;
  /** To read a response that has been sent completely. */
  readonly read: number;
  /** To complete the TLS handshake. */
  readonly handshake: number;
}

export const TIMEOUTS_MS: Timeouts = { request: 30_000, read: 120_000, handshake: 10_000 };
