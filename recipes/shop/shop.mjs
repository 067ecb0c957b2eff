// The application under test of these recipes: yours goes in its place.
import { createServer } from 'node:http';

const { VIDEOCALL_URL, VIDEOCALL_BROWSER_URL, CLIENT_ID, CLIENT_SECRET } = process.env;

async function post(path, fields) {
  const body = new URLSearchParams({ ...fields, client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
  const answer = await fetch(`${VIDEOCALL_URL}${path}`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`VideocallManager has answered ${answer.status}`);
  return answer;
}

async function token() {
  const answer = await post('/o/token/', { grant_type: 'client_credentials' });
  return (await answer.json()).access_token;
}

const page = (src) => `<!doctype html>
<html lang="en">
<title>Shop</title>
<p role="status">waiting</p>
<button type="button">Cancel</button>
<script>
  const status = document.querySelector('p');
  addEventListener('message', ({ origin, data }) => {
    // Only the frame speaks, and nothing follows the end.
    if (origin.includes('videocall') && data.code && status.textContent !== 'VideocallCompleted') status.textContent = data.code;
  });
  document.querySelector('button').onclick = async () => {
    const { searchParams } = new URL(document.querySelector('iframe').src);
    await fetch('/cancel', { method: 'POST', body: searchParams.get('access_token') });
    status.textContent = 'canceled';
  };
</script>
<iframe id="videocall-iframe" title="Video call" allow="camera; microphone;" style="width:100%;height:600px;"
  src="${src}"></iframe>`;

const LATER = '<!doctype html><title>Shop</title><p role="status">Please try again later</p>';

async function cancel(request) {
  let token = '';
  for await (const chunk of request) token += chunk;
  await post('/o/revoke_token/', { token });
  return '';
}

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url, 'http://shop');
  const customer = searchParams.get('customer');
  if (pathname === '/cancel') return cancel(request);
  if (pathname !== '/' || customer === null) return '<!doctype html><title>Shop</title>';
  const query = new URLSearchParams({ access_token: await token(), validation_id: customer });
  return page(`${VIDEOCALL_BROWSER_URL}/call?${query}`.replaceAll('&', '&amp;'));
}

createServer(async (request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(await answer(request).catch(() => LATER));
}).listen(3000);
