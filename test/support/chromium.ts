import { type Browser, chromium } from 'playwright-core';
import { findTool } from './tools.ts';

/** A name under which browsers find this machine, without holding its pages to be secure for that. */
export const INSECURE_HOST = 'shop.test';

/** With these it gives every page a camera and a microphone. */
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Chromium with a camera of its own, if it is to have one, which sends nothing to the outside. */
export function launchChromium({ camera = true } = {}): Promise<Browser> {
  const executablePath = findTool('chromium');
  if (executablePath === undefined) throw new Error('there is no Chromium');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      ...(camera ? CAMERA : []),
      // A name that is not localhost, and so no secure page.
      `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
