// The application under test of this recipe: yours goes in its place.
import { useLayoutEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const TEXTS = {
  VideocallLoading: 'The agent is coming',
  VideocallInitiated: 'You are in the call',
  VideocallCompleted: 'You are verified',
  VideocallNotFound: 'Your appointment was not found',
  VideocallServerNotOperational: 'Please try again later',
};

function VideoCall({ src, onEvent }) {
  // The layout effect runs before the frame can post anything.
  useLayoutEffect(() => {
    const listen = ({ origin, data }) => {
      if (origin.includes('videocall')) onEvent(data);
    };
    window.addEventListener('message', listen);
    return () => window.removeEventListener('message', listen);
  }, [onEvent]);
  return (
    <iframe title="Video call" src={src} allow="camera; microphone;" style={{ width: '100%', height: 600 }} />
  );
}

function Shop() {
  const [src, setSrc] = useState();
  const [event, setEvent] = useState();
  const open = async () => setSrc((await (await fetch('/api/call', { method: 'POST' })).json()).src);
  return (
    <>
      <p role="status">{TEXTS[event?.code] ?? 'Welcome'}</p>
      {src === undefined && (
        <button type="button" onClick={open}>
          Call
        </button>
      )}
      {src !== undefined && event?.code !== 'VideocallCompleted' && (
        <VideoCall src={src} onEvent={setEvent} />
      )}
    </>
  );
}

createRoot(document.getElementById('app')).render(<Shop />);
