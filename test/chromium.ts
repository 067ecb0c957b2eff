import { type Browser, chromium } from 'playwright-core';
import { find } from './tools.ts';

/** Chromium with a camera of its own, which sends nothing to the outside. */
export function launchChromium(): Promise<Browser> {
  const executablePath = find('chromium');
  if (executablePath === undefined) throw new Error('there is no Chromium');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
