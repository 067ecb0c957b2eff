import { describe, expect, it } from 'vitest';
import { driveAt } from '../support/drive.ts';
import { startProcess } from '../support/real-process.ts';

describe('ids named like object properties', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'treats %s like any other id',
    async (id) => {
      const server = await startProcess({ flags: ['--log-level', 'error'] });
      try {
        const d = driveAt({ url: server.url, adminUrl: `${server.url}/__admin` });
        const client = await d.createClient({ client_id: id, client_secret: id });
        expect((await d.open(await d.token(client), id)).state).toBe('waiting-room');
        expect((await d.admin('GET', `/calls/${id}?client_id=${id}`)).json).toMatchObject({
          validation_id: id,
        });
        expect((await d.admin('PUT', `/validations/${id}`, { confirmed: true })).status).toBe(200);
        expect((await d.admin('GET', `/scenarios/${id}`)).status).toBe(404);
        expect((await d.admin('GET', `/tokens/${id}`)).status).toBe(404);
        expect((await d.admin('GET', `/requests?validation_id=${id}`)).json.total).toBe(1);
        expect(server.getErrors()).toBe('');
      } finally {
        await server.stop();
      }
    },
  );
});
