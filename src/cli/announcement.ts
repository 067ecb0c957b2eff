import type { StartedMock } from '../library/index.ts';
import type { ServeOptions } from './serve.ts';

/** A password is generated when other machines can reach the control API and none was set. */
const getGeneratedCredentials = (
  { adminCredentials }: StartedMock,
  { admin }: ServeOptions,
): StartedMock['adminCredentials'] => (admin.password === undefined ? adminCredentials : undefined);

const formatPasswordText = ({ user, password }: { user: string; password: string }): string =>
  `the control API is reachable from other machines; its credentials are ${user}:${password}`;

/** The lines with a generated password. They are printed at every log level, because the password appears nowhere else. */
export function formatPasswordNotice(mock: StartedMock, options: ServeOptions): string[] {
  const credentials = getGeneratedCredentials(mock, options);
  if (credentials === undefined) return [];
  const msg = formatPasswordText(credentials);
  return [options.logFormat === 'json' ? JSON.stringify({ level: 'warn', msg }) : `  ${msg}`];
}

const formatAnnouncementText = (mock: StartedMock, options: ServeOptions): string[] => [
  `mock-veridas listening on ${mock.url}`,
  `  browsers  ${mock.browserUrl}/call?access_token=ACCESS_TOKEN&validation_id=VALIDATION_ID`,
  `  backends  ${mock.url}/o/token/`,
  `  control   ${mock.adminUrl}`,
  `  demo      ${mock.demoUrl}`,
  `  console   ${mock.consoleUrl}`,
  ...(mock.https === undefined ? [] : [`  https     ${mock.https.browserUrl}, ${mock.https.url}`]),
  ...(mock.https?.ca === undefined ? [] : [`  trust     NODE_EXTRA_CA_CERTS=${mock.https.ca}`]),
  ...(options.https === true ? [`  authority ${mock.adminUrl}/ca.pem`] : []),
  ...(mock.mediaPorts === undefined
    ? []
    : [`  media     TCP/${mock.mediaPorts.tcp}, UDP/${mock.mediaPorts.udp} (STUN)`]),
  `  clients   ${options.clients.map(({ clientId }) => clientId).join(', ')}`,
  `  scenario  ${options.scenario}`,
  ...(options.profile === undefined ? [] : [`  profile   ${options.profile}`]),
  ...(mock.sharedWith === undefined ? [] : [`  store     ${mock.sharedWith}`]),
  ...formatPasswordNotice(mock, options),
];

function formatAnnouncementJson(mock: StartedMock, options: ServeOptions): string {
  const { url, browserUrl, adminUrl, demoUrl, consoleUrl, https, sharedWith } = mock;
  const { user: adminUser, password: adminPassword } = getGeneratedCredentials(mock, options) ?? {};
  const msg = `mock-veridas listening on ${url}`;
  const addresses = { url, browserUrl, adminUrl, demoUrl, consoleUrl, https, sharedWith };
  return JSON.stringify({ level: 'info', msg, ...addresses, adminUser, adminPassword });
}

/** The lines printed to standard output when the simulator is ready. */
export const formatAnnouncement = (mock: StartedMock, options: ServeOptions): string[] =>
  options.logFormat === 'json'
    ? [formatAnnouncementJson(mock, options)]
    : formatAnnouncementText(mock, options);
