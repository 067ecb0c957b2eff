import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';

/** The last versions that support every Node that the package supports. */
const PACKAGES = ['vite@6', '@vitejs/plugin-react@4', 'react@19', 'react-dom@19'];

/** Where Vite and React are installed. */
export const VITE = getPackageFolder('vite');

/** Returns why tests that need Vite are skipped, or undefined if they run. */
export const explainMissingVite = (): string | undefined =>
  existsSync(path.join(VITE, 'node_modules/react-dom'))
    ? undefined
    : 'there is no Vite: npm test installs it from the npm registry';

/** Returns the npm arguments that install them; empty if they are installed. */
export const createViteInstallArgs = (): string[] =>
  explainMissingVite() === undefined ? [] : createInstallArgs(VITE, PACKAGES);
