// Vite with the backend of the application, which reads its credentials once, when it starts.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const { VIDEOCALL_URL, VIDEOCALL_BROWSER_URL, CLIENT_ID, CLIENT_SECRET } = process.env;

async function openCall(_request, response) {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
  });
  const { access_token } = await (await fetch(`${VIDEOCALL_URL}/o/token/`, { method: 'POST', body })).json();
  const query = new URLSearchParams({ access_token, validation_id: 'customer-1' });
  response.end(JSON.stringify({ src: `${VIDEOCALL_BROWSER_URL}/call?${query}` }));
}

const backend = {
  name: 'backend',
  configureServer: ({ middlewares }) => void middlewares.use('/api/call', openCall),
};

export default defineConfig({ plugins: [react(), backend], server: { port: 3000, strictPort: true } });
