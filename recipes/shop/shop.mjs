// The application under test of these recipes: yours goes in its place.
import { createServer } from 'node:http';

const { VIDEOCALL_URL, VIDEOCALL_BROWSER_URL, CLIENT_ID, CLIENT_SECRET } = process.env;

async function token() {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
  });
  const answer = await fetch(`${VIDEOCALL_URL}/o/token/`, { method: 'POST', body });
  return (await answer.json()).access_token;
}

const page = (src) => `<!doctype html>
<html lang="en">
<title>Shop</title>
<p role="status">waiting</p>
<script>
  addEventListener('message', (event) => {
    if (event.origin.includes('videocall')) document.querySelector('p').textContent = event.data.code;
  });
</script>
<iframe id="videocall-iframe" title="Video call" allow="camera; microphone;" style="width:100%;height:600px;"
  src="${src}"></iframe>`;

createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://shop');
  const customer = searchParams.get('customer');
  response.setHeader('content-type', 'text/html; charset=utf-8');
  if (pathname !== '/' || customer === null) return response.end('<!doctype html><title>Shop</title>');
  const query = new URLSearchParams({ access_token: await token(), validation_id: customer });
  response.end(page(`${VIDEOCALL_BROWSER_URL}/call?${query}`.replaceAll('&', '&amp;')));
}).listen(3000);
