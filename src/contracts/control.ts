import { parted } from './asking.ts';

/** The control API of the simulator that is verified. */
export interface Control {
  /** @returns status and JSON of the answer */
  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; json: Fields }>;
}

// biome-ignore lint/suspicious/noExplicitAny: its answers are described by its own openapi.json
export type Fields = Record<string, any>;

/** Whoever does not answer by then will not. */
const PATIENCE_MS = 10_000;

/** Credentials in the address are sent along as Basic ones. */
export function controlAt(adminUrl: string): Control {
  const { url, authorization } = parted(adminUrl);
  const base = url.replace(/\/$/, '');
  return {
    async ask(method, path, body) {
      const answer = await fetch(`${base}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          ...(authorization !== undefined && { authorization }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await answer.text();
      return { status: answer.status, json: text === '' ? {} : (JSON.parse(text) as Fields) };
    },
  };
}
