import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { abbreviateToken } from '../../src/domain/journal.ts';
import { createSequence, type SequenceMessage } from '../../src/pages/components/sequence.ts';
import { type Credentials, type Drive, type Json, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());

/** Creates the sequence of the client's only call from the control API. */
async function fetchSequence({ client_id }: Credentials): Promise<SequenceMessage[]> {
  const list = async (path: string): Promise<Json[]> =>
    (await d.admin('GET', `${path}?client_id=${client_id}`)).json.items;
  const [call] = await list('/calls');
  return createSequence({ call, tokens: await list('/tokens'), requests: await list('/requests') });
}
const formatMessages = (messages: readonly SequenceMessage[]) =>
  messages.map(({ from, to, text }) => (from === to ? `${from}: ${text}` : `${from} > ${to}: ${text}`));

async function act({ client_id }: Credentials, ...actions: string[]) {
  for (const action of actions) await d.admin('POST', '/calls/val-1/agent', { action, client_id });
}

describe('call sequence', () => {
  it('shows a call from the token request to the completed token', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    const page = await openFakePage(d, token, 'val-1');
    await expect
      .poll(async () => (await fetchSequence(client)).map(({ text }) => text))
      .toContain('page connected');
    const acting = act(client, 'join', 'end');
    await page.waitForText('VideocallCompleted');
    await page.report(0, 1);
    await acting;
    page.disconnect();
    expect(formatMessages(await fetchSequence(client))).toEqual([
      'backend > simulator: POST /o/token/',
      `simulator > backend: access token ${abbreviateToken(token)}`,
      'browser > simulator: GET /call',
      'browser > simulator: page connected',
      'agent > simulator: join',
      'simulator > browser: VideocallLoading',
      'browser: postMessage to the page',
      'agent > simulator: end',
      'simulator > browser: VideocallCompleted',
      'browser: postMessage to the page',
      `simulator: token ${abbreviateToken(token)} completed`,
    ]);
  });

  it('marks an event that no page received', async () => {
    const client = await d.createClient();
    await d.open(await d.token(client), 'val-1');
    await act(client, 'join');
    expect((await fetchSequence(client)).at(-1)).toMatchObject({
      text: 'VideocallLoading',
      note: 'no page received it',
      tone: 'bad',
    });
  });

  it('shows a reload with a completed token and why it was refused', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    await d.open(token, 'val-1');
    await act(client, 'join', 'end');
    // Within one millisecond the order is undefined.
    await d.admin('POST', '/clock/advance', { by: '1s', client_id: client.client_id });
    await d.open(token, 'val-1');
    expect((await fetchSequence(client)).at(-1)).toMatchObject({
      from: 'browser',
      text: 'GET /call',
      note: expect.stringMatching(/^403: /),
      tone: 'bad',
    });
  });

  it('marks a failure triggered through the control API', async () => {
    const client = await d.createClient();
    await d.open(await d.token(client), 'val-1');
    await d.admin('POST', '/calls/val-1/fail', { code: 'VideocallNotFound', client_id: client.client_id });
    expect((await fetchSequence(client)).find(({ text }) => text === 'fail VideocallNotFound')).toMatchObject(
      {
        from: 'simulator',
        to: 'simulator',
        tone: 'bad',
      },
    );
  });
});
