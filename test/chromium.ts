import { type Browser, chromium } from 'playwright-core';
import { find } from './tools.ts';

/** With these it gives every page a camera and a microphone. */
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Chromium with a camera of its own, if it is to have one, which sends nothing to the outside. */
export function launchChromium({ camera = true } = {}): Promise<Browser> {
  const executablePath = find('chromium');
  if (executablePath === undefined) throw new Error('there is no Chromium');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      ...(camera ? CAMERA : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
