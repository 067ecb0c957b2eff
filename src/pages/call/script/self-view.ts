/** The client's own picture during the call, which never waits for it: a prompt may stay open. */
export function createSelfView(video: HTMLVideoElement | null) {
  let wanted = false;
  let asking = false;
  let camera: MediaStream | undefined;

  const mark = (value: 'on' | 'off') => document.body.setAttribute('data-self-view', value);
  const connect = (stream: MediaStream | null) => {
    if (video !== null) video.srcObject = stream;
    mark(stream === null ? 'off' : 'on');
  };
  const ask = () => {
    // In an insecure page there is no `mediaDevices` at all.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices?.getUserMedia === undefined) {
      mark('off');
      return;
    }
    asking = true;
    devices.getUserMedia({ video: true, audio: true }).then(granted, refused);
  };
  const granted = (stream: MediaStream) => {
    asking = false;
    camera = stream;
    if (wanted) connect(stream);
    else release();
  };
  const refused = () => {
    asking = false;
    mark('off');
  };
  const release = () => {
    if (camera === undefined) return;
    camera.getTracks().forEach((track) => {
      track.stop();
    });
    camera = undefined;
    connect(null);
  };

  return (want: boolean) => {
    if (want === wanted) return;
    wanted = want;
    if (!want) release();
    else if (!asking) ask();
  };
}
