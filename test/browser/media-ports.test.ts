import { describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { openDrive } from '../support/drive.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

describe.skipIf(why)(`a page with WebRTC in Chromium${why ? ` (${why})` : ''}`, () => {
  it('learns its own address from the UDP port', async () => {
    const d = await openDrive({ mediaPorts: { tcp: 0, udp: 0 } });
    // With camera access, the page already has its address as a host candidate and gets no second one for it.
    const browser = await launchChromium({ camera: false });
    try {
      const page = await browser.newPage();
      await page.goto(`${d.mock.url}/__admin/health`);
      const kinds = await page.evaluate(
        (urls) =>
          new Promise<string[]>((resolve) => {
            const connection = new RTCPeerConnection({ iceServers: [{ urls }] });
            const seen: string[] = [];
            connection.onicecandidate = ({ candidate }) => {
              if (candidate === null) resolve(seen);
              else seen.push(candidate.candidate);
            };
            connection.createDataChannel('x');
            connection.createOffer().then((offer) => connection.setLocalDescription(offer));
          }),
        `stun:127.0.0.1:${d.mock.mediaPorts?.udp}`,
      );
      expect(kinds.join('\n')).toContain(' typ srflx');
    } finally {
      await browser.close();
      await d.mock.close();
    }
  });
});
