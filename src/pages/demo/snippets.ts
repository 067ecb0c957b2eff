import { SANDBOX_CLIENT } from '../../domain/client.ts';
import type { EventCode } from '../../guide/events.ts';
import { PATHS } from '../../guide/oauth.ts';

/** A piece of code that an integrator can copy. */
export interface Snippet {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** The addresses of the simulator, and a client's credentials. */
export interface SnippetOptions {
  readonly backendUrl: string;
  readonly browserUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Placeholders for what only the reader knows: a page must not show the secrets of others. Guide 5.1. */
const PLACEHOLDERS = { clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' };

/** The default client's credentials, which are in the docs anyway, if that client exists; otherwise placeholders. */
export const chooseCredentials = (clientIds: readonly string[]) =>
  clientIds.includes(SANDBOX_CLIENT.clientId) ? SANDBOX_CLIENT : PLACEHOLDERS;

/** The listener's reaction to each event. */
export const OUTCOMES: Readonly<Record<EventCode, string>> = {
  VideocallLoading: 'an agent has joined',
  VideocallInitiated: 'the call has started',
  VideocallCompleted: 'the call has ended',
  VideocallNotFound: 'the call does not exist',
  VideocallServerNotOperational: 'the service is down',
};

/** The code that guide 5.2, 5.3 and 5.5 require of an integrator, for this simulator. */
export const createSnippets = ({
  backendUrl,
  browserUrl,
  clientId,
  clientSecret,
}: SnippetOptions): Snippet[] => [
  {
    id: 'curl',
    title: 'Backend: get a token, with curl',
    text: `curl --request POST ${backendUrl}${PATHS.token} \\
  --user ${clientId}:${clientSecret} \\
  --form grant_type=client_credentials`,
  },
  {
    id: 'fetch',
    title: 'Backend: get a token, with Node.js',
    text: `const answer = await fetch('${backendUrl}${PATHS.token}', {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: '${clientId}',
    client_secret: '${clientSecret}',
  }),
});
const { access_token } = await answer.json();`,
  },
  {
    id: 'frame',
    title: 'Page: embed the call',
    text: `<iframe
  id="videocall-iframe"
  title="Video call"
  allow="camera; microphone;"
  style="width: 100%; height: 600px; border: 0"
  src="${browserUrl}/call?access_token=ACCESS_TOKEN&amp;validation_id=VALIDATION_ID">
</iframe>`,
  },
  {
    id: 'listener',
    title: 'Page: receive the events',
    text: `const outcomes = {
${Object.entries(OUTCOMES)
  .map(([code, text]) => `  ${code}: '${text}',\n`)
  .join('')}};
window.addEventListener('message', ({ origin, data }) => {
  if (!origin.includes('videocall')) return;
  if (data.code in outcomes) console.log(outcomes[data.code], data);
});`,
  },
];
