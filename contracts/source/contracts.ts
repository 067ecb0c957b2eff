import { stringify } from 'yaml';
import { createAsyncApi } from './asyncapi.ts';
import { createBackendPact } from './backend.ts';
import { createErrorsPact } from './errors.ts';
import { createFrontendPact } from './frontend.ts';
import { createOpenApi } from './openapi.ts';

const formatJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const formatYaml = (value: unknown): string =>
  `# Written by \`npm run contracts\`: change it there.\n${stringify(value, { lineWidth: 110, aliasDuplicateObjects: false })}`;

/** Every contract by the name of its file. */
export const CONTRACTS: Readonly<Record<string, string>> = {
  'guide-backend--videocall-manager.json': formatJson(createBackendPact()),
  'guide-frontend--videocall-manager.json': formatJson(createFrontendPact()),
  'simulator-errors--videocall-manager.json': formatJson(createErrorsPact()),
  'openapi.yaml': formatYaml(createOpenApi()),
  'asyncapi.yaml': formatYaml(createAsyncApi()),
};
