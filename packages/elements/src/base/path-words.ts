import type { Path } from 'duetjs';

interface PathWords {
  readonly short: string;
  /** A sentence, with who in between sees what. */
  readonly long: string;
}

/** How the two pages reach each other. */
export const pathWords: Readonly<Record<Path, PathWords>> = {
  direct: { short: 'direct', long: 'Connected straight, from browser to browser.' },
  turn: {
    short: 'through a TURN server',
    long: 'Connected through a TURN server, which cannot read along.',
  },
  relay: {
    short: 'through the signaling server, sealed',
    long: 'Connected through the signaling server, sealed: it cannot read along. Large transfers are slower.',
  },
  memory: { short: 'in this page', long: 'Both ends are in one page.' },
};
