import { EVENTS } from '../../src/guide/events.ts';

/** The events of guide 5.5 in AsyncAPI: what the frame posts to the page that embeds it. */

const NAMES = Object.keys(EVENTS) as (keyof typeof EVENTS)[];

const createRef = (place: string, name: string) => ({ $ref: `#/${place}/${name}` });

const createMessage = ({ type, code, message: text }: (typeof EVENTS)[keyof typeof EVENTS]) => ({
  name: code,
  title: text,
  contentType: 'application/json',
  payload: {
    type: 'object',
    required: ['type', 'code', 'message'],
    properties: {
      type: { type: 'string', const: type },
      code: { type: 'string', const: code },
      message: { type: 'string', description: 'for people; only the code is stable' },
    },
    additionalProperties: false,
  },
  examples: [{ payload: { type, code, message: text } }],
});

export const createAsyncApi = () => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Events of VideocallManager, as mock-veridas imitates them',
    version: '2.0.8',
    description:
      'Unofficial. The frame posts them to its parent with window.postMessage; the origin contains "videocall" (guide 5.5).',
    license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
  },
  channels: {
    parent: {
      address: 'window.parent',
      title: 'The page that embeds the frame',
      messages: Object.fromEntries(NAMES.map((name) => [name, createRef('components/messages', name)])),
    },
  },
  operations: {
    post: {
      action: 'send',
      channel: createRef('channels', 'parent'),
      summary: 'The frame posts the events of its call',
      messages: NAMES.map((name) => createRef('channels/parent/messages', name)),
    },
  },
  components: { messages: Object.fromEntries(NAMES.map((name) => [name, createMessage(EVENTS[name])])) },
});
