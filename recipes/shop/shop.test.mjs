// What `npm test` runs in these recipes: yours goes in its place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectMock } from 'mock-veridas';

const { VIDEOCALL_URL, CLIENT_ID, CLIENT_SECRET, SHOP_URL } = process.env;

test('a token is issued and given back', async () => {
  const client = { client_id: CLIENT_ID, client_secret: CLIENT_SECRET };
  const post = (path, fields) =>
    fetch(`${VIDEOCALL_URL}${path}`, { method: 'POST', body: new URLSearchParams({ ...client, ...fields }) });
  const { access_token: token } = await (
    await post('/o/token/', { grant_type: 'client_credentials' })
  ).json();
  assert.equal((await post('/o/revoke_token/', { token })).status, 200);

  const mock = await connectMock();
  assert.notEqual(await mock.journal.count({ path: '/o/revoke_token/', status: 200 }), 0);
});

test('the shop embeds the call', { skip: SHOP_URL === undefined }, async () => {
  const page = await (await fetch(`${SHOP_URL}/?customer=customer-1`)).text();
  assert.match(page, /src="http:\/\/videocall:\d+\/call\?access_token=\w+&amp;validation_id=customer-1"/);
});
