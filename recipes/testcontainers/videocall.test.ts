// The simulator in a container that the tests start themselves.
import { connectMock, type Mock } from 'mock-veridas';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { afterAll, beforeAll, expect, test } from 'vitest';

// No image is published: push one to a registry of yours, or build it here from a clone of mock-veridas:
// await GenericContainer.fromDockerfile('../mock-veridas').build('mock-veridas')
const IMAGE = 'registry.example.com/mock-veridas:0.1.0';

// The simulator is reachable from outside its container, so the control API requires these credentials.
const adminCredentials = { user: 'admin', password: 'only-for-tests' };

let container: StartedTestContainer;
let mock: Mock;

beforeAll(async () => {
  container = await new GenericContainer(IMAGE)
    .withExposedPorts(4010)
    .withEnvironment({ MOCK_VERIDAS_ADMIN_PASSWORD: adminCredentials.password })
    .withWaitStrategy(Wait.forLogMessage(/^mock-veridas listening on /))
    .start();
  const port = container.getMappedPort(4010);
  const url = `http://${container.getHost()}:${port}`;
  // In its container the simulator does not know the port by which browsers reach it.
  const browserUrl = `http://videocall.localhost:${port}`;
  mock = await connectMock({ adminUrl: `${url}/__admin`, url, browserUrl, adminCredentials });
}, 120_000);

afterAll(() => container?.stop());

test('a token opens a call', async () => {
  const client = await mock.client({ scenario: 'manual' });
  const src = client.call('customer-1').src(await client.token());
  expect(src).toMatch(/^http:\/\/videocall\.localhost:\d+\/call\?/);
  const frame = await fetch(src.replace('videocall.localhost', container.getHost()));
  expect(frame.status).toBe(200);
});
