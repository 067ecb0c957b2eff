/** Builds after npm has installed packages, unless the compiler is not among them. `npm start` says so then. */
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (['typescript', 'tsx'].every((name) => existsSync(`node_modules/${name}`)))
  execSync('npm run build', { stdio: 'inherit' });
