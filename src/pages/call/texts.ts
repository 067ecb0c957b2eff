/** What customers read on the call page, in every language that it has. What developers read is English. */

/** The languages of the page; the first is for browsers that accept none of them. */
export const LANGUAGES = ['en', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A check of the waiting room: its name, and each result. */
interface CheckTexts {
  readonly label: string;
  readonly good: string;
  readonly bad: string;
  /** It has no result yet, or the browser cannot tell. */
  readonly open: string;
}

interface ScreenTexts {
  readonly heading: string;
  readonly text: string;
}

export interface CallTexts {
  readonly title: string;
  readonly waitingRoom: ScreenTexts;
  readonly loading: ScreenTexts;
  readonly inCall: string;
  readonly agent: string;
  /** The agent's picture, for those who do not see it. */
  readonly agentPicture: string;
  readonly ended: ScreenTexts;
  readonly error: ScreenTexts;
  readonly you: string;
  readonly yourCamera: string;
  readonly cameraOff: string;
  readonly checks: string;
  readonly connection: CheckTexts;
  readonly browser: CheckTexts;
}

export const TEXTS: Readonly<Record<Language, CallTexts>> = {
  en: {
    title: 'Video call',
    waitingRoom: {
      heading: 'Waiting for an agent…',
      text: 'Please keep this window open. The call starts automatically when an agent joins.',
    },
    loading: {
      heading: 'The agent has joined. Connecting…',
      text: 'Your browser may ask to use your camera and microphone. Please allow both.',
    },
    inCall: 'Video call in progress',
    agent: 'Agent',
    agentPicture: 'A simulated agent with a headset',
    ended: {
      heading: 'The video call has ended successfully',
      text: 'Thank you for your time. You do not need to do anything else here.',
    },
    error: {
      heading: 'The video call is not available',
      text: 'Please try again later, or contact the company that invited you.',
    },
    you: 'You',
    yourCamera: 'Your camera',
    cameraOff: 'Camera off',
    checks: 'Connection check',
    connection: {
      label: 'Connection',
      good: 'works',
      bad: 'interrupted, reconnecting',
      open: 'being tested',
    },
    browser: {
      label: 'Browser',
      good: 'can make video calls',
      bad: 'cannot make video calls',
      open: 'can only be tested in the call',
    },
  },
  es: {
    title: 'Videollamada',
    waitingRoom: {
      heading: 'Esperando a un agente…',
      text: 'Mantenga esta ventana abierta. La llamada empezará automáticamente cuando se conecte un agente.',
    },
    loading: {
      heading: 'El agente se ha unido. Conectando…',
      text: 'Es posible que el navegador le pida permiso para usar la cámara y el micrófono. Por favor, permita ambos.',
    },
    inCall: 'Videollamada en curso',
    agent: 'Agente',
    agentPicture: 'Un agente simulado con auriculares',
    ended: {
      heading: 'La videollamada ha finalizado correctamente',
      text: 'Gracias por su tiempo. No necesita hacer nada más aquí.',
    },
    error: {
      heading: 'La videollamada no está disponible',
      text: 'Inténtelo de nuevo más tarde o póngase en contacto con la empresa que le ha invitado.',
    },
    you: 'Usted',
    yourCamera: 'Su cámara',
    cameraOff: 'Cámara apagada',
    checks: 'Comprobación de la conexión',
    connection: {
      label: 'Conexión',
      good: 'funciona',
      bad: 'interrumpida, reconectando',
      open: 'comprobando',
    },
    browser: {
      label: 'Navegador',
      good: 'admite videollamadas',
      bad: 'no admite videollamadas',
      open: 'solo se puede comprobar en la llamada',
    },
  },
};
