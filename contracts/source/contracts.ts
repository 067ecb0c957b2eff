import { stringify } from 'yaml';
import { asyncapi } from './asyncapi.ts';
import { backend } from './backend.ts';
import { errors } from './errors.ts';
import { frontend } from './frontend.ts';
import { openapi } from './openapi.ts';

const asJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const asYaml = (value: unknown): string =>
  `# Written by \`npm run contracts\`: change it there.\n${stringify(value, { lineWidth: 110, aliasDuplicateObjects: false })}`;

/** Every contract by the name of its file. */
export const CONTRACTS: Readonly<Record<string, string>> = {
  'guide-backend--videocall-manager.json': asJson(backend()),
  'guide-frontend--videocall-manager.json': asJson(frontend()),
  'simulator-errors--videocall-manager.json': asJson(errors()),
  'openapi.yaml': asYaml(openapi()),
  'asyncapi.yaml': asYaml(asyncapi()),
};
