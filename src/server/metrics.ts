import type { Endpoint } from '../domain/fault.ts';
import type { Instant } from '../domain/time.ts';
import { PATHS } from '../guide/oauth.ts';
import { CALL_PATHS } from '../pages/call/messages.ts';

/** Metrics of this process in Prometheus' text format 0.0.4. */
export interface Metrics {
  /** Counts a request to the imitated service; it has no status when the connection was reset or left hanging. */
  countAnswer(path: string, status: number | undefined): void;
  /** Counts a call that was opened. */
  countCall(): void;
  /** Counts a page that has opened or closed its stream. */
  changeStreams(change: 1 | -1): void;
  format(): string;
}

/** All other paths count as one, so that clients cannot create metrics without end. */
const PATH_OF: Readonly<Record<Endpoint, string>> = {
  token: PATHS.token,
  revoke: PATHS.revoke,
  call: CALL_PATHS.page,
};
const ENDPOINT_NAMES = new Map(Object.entries(PATH_OF).map(([endpoint, path]) => [path, endpoint]));

const formatFamily = (
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly string[],
): string =>
  [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map((sample) => `${name}${sample}`),
    '',
  ].join('\n');

/**
 * @param version of this package: letters, digits, dots and hyphens
 */
export function createMetrics(version: string, startedAt: Instant): Metrics {
  /** How many, by endpoint and status. */
  const requests = new Map<string, Map<number | undefined, number>>();
  let streams = 0;
  let calls = 0;
  return {
    countAnswer(path, status) {
      const endpoint = ENDPOINT_NAMES.get(path) ?? 'other';
      const ofEndpoint = requests.get(endpoint) ?? new Map<number | undefined, number>();
      requests.set(endpoint, ofEndpoint.set(status, (ofEndpoint.get(status) ?? 0) + 1));
    },
    countCall() {
      calls += 1;
    },
    changeStreams(change) {
      streams += change;
    },
    format: () =>
      [
        formatFamily('mock_veridas_info', 'gauge', 'Version of mock-veridas.', [`{version="${version}"} 1`]),
        formatFamily(
          'mock_veridas_requests_total',
          'counter',
          'Requests to the imitated service.',
          [...requests].flatMap(([endpoint, counts]) =>
            [...counts].map(
              ([status, count]) => `{endpoint="${endpoint}",status="${status ?? 'none'}"} ${count}`,
            ),
          ),
        ),
        formatFamily('mock_veridas_calls_total', 'counter', 'Calls that were opened.', [` ${calls}`]),
        formatFamily('mock_veridas_open_streams', 'gauge', 'Open call pages.', [` ${streams}`]),
        formatFamily('process_resident_memory_bytes', 'gauge', 'Resident memory.', [
          ` ${process.memoryUsage.rss()}`,
        ]),
        formatFamily('process_start_time_seconds', 'gauge', 'When this process started to serve.', [
          ` ${startedAt / 1000}`,
        ]),
      ].join(''),
  };
}
