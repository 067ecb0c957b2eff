/** The client's own camera picture during the call. The call does not wait for it: a permission prompt may stay open. */
export function createSelfView(video: HTMLVideoElement | null) {
  let isWanted = false;
  let isRequesting = false;
  let camera: MediaStream | undefined;

  const setStatus = (value: 'on' | 'off') => document.body.setAttribute('data-self-view', value);
  const showStream = (stream: MediaStream | null) => {
    if (video !== null) video.srcObject = stream;
    setStatus(stream === null ? 'off' : 'on');
  };
  const requestCamera = () => {
    // An insecure page has no `mediaDevices`.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices?.getUserMedia === undefined) {
      setStatus('off');
      return;
    }
    isRequesting = true;
    devices.getUserMedia({ video: true, audio: true }).then(onGranted, onRefused);
  };
  const onGranted = (stream: MediaStream) => {
    isRequesting = false;
    camera = stream;
    if (isWanted) showStream(stream);
    else release();
  };
  const onRefused = () => {
    isRequesting = false;
    setStatus('off');
  };
  const release = () => {
    if (camera === undefined) return;
    // First: a WebKitGTK has hung when a track ended whose picture was about to be shown.
    showStream(null);
    camera.getTracks().forEach((track) => {
      track.stop();
    });
    camera = undefined;
  };

  return (want: boolean) => {
    if (want === isWanted) return;
    isWanted = want;
    if (!want) release();
    else if (!isRequesting) requestCamera();
  };
}
