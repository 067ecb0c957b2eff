import type { Client } from '../../domain/client.ts';
import { ENDPOINTS } from '../../domain/fault.ts';
import { instant, ms, seconds } from '../../domain/time.ts';
import { type SetupContext, StateSetupFailed } from './setup-context.ts';
import type { Params } from './table.ts';

/** Addresses for documentation (RFC 5737), which are never used. */
const DOCUMENTATION_IPS = ['192.0.2.1', '192.0.2.2'];

const UNAVAILABLE_STATUS = 503;

const toCredentialValues = ({ clientId, clientSecret }: Client) => ({
  clientId,
  clientSecret,
  basicAuth: Buffer.from(`${clientId}:${clientSecret}`).toString('base64'),
});

/** Clients, and the addresses that they may use. */
export const clientStates = {
  async 'the client credentials exist'(stage: SetupContext, params: Params<'the client credentials exist'>) {
    const client = await stage.client(params.client_id);
    const clientSecret = params.client_secret ?? client.clientSecret;
    await stage.simulator.clients.update(client.clientId, { clientSecret });
    return toCredentialValues({ ...client, clientSecret });
  },

  async 'the client credentials do not exist'(
    stage: SetupContext,
    params: Params<'the client credentials do not exist'>,
  ) {
    await stage.simulator.clients.remove(await stage.clientId(params.client_id));
    return {};
  },

  async 'the client IP is not allowed'(stage: SetupContext, params: Params<'the client IP is not allowed'>) {
    const client = await stage.client(params.client_id);
    const allowedIps = DOCUMENTATION_IPS.filter((ip) => ip !== params.ip).slice(0, 1);
    await stage.simulator.clients.update(client.clientId, { environment: 'production', allowedIps });
    return toCredentialValues(client);
  },

  async 'the authentication API is unavailable'(
    stage: SetupContext,
    params: Params<'the authentication API is unavailable'>,
  ) {
    const { clientId } = await stage.client(params.client_id);
    const { status = UNAVAILABLE_STATUS, retry_after: retryAfter, delay_ms: delay } = params;
    for (const endpoint of ENDPOINTS.filter((one) => one !== 'call')) {
      const latency = delay === undefined ? undefined : ([ms(delay), ms(delay)] as const);
      const fault = {
        endpoint,
        status,
        after: 0,
        ...(retryAfter !== undefined && { retryAfter }),
        ...(latency && { latency }),
      };
      await stage.simulator.faults.arm(fault, clientId);
    }
    return {};
  },

  async 'the current time is'(stage: SetupContext, params: Params<'the current time is'>) {
    const { at, advance_seconds: length } = params;
    if (at === undefined && length === undefined)
      throw new StateSetupFailed('no time is given', 'give at or advance_seconds');
    const { clientId } = await stage.client(params.client_id);
    const { clocks } = stage.simulator;
    const set = [
      ...(at === undefined ? [] : [await clocks.freeze(instant(Date.parse(at)), clientId)]),
      ...(length === undefined ? [] : [await clocks.advance(seconds(length), clientId)]),
    ];
    if (set.includes('backwards'))
      throw new StateSetupFailed(
        'the clock cannot go back before what already happened',
        'put this state before those that issue tokens',
      );
    if (set.includes('no date'))
      throw new StateSetupFailed('not a representable date', 'use years 1 to 9999');
    return {};
  },
};
