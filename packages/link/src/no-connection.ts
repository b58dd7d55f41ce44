/** Why two sides could not connect, in words that say what to try. */

import { DuetError } from '@duet/protocol';

export function unrelayed(): DuetError {
  return new DuetError('no-connection', {
    detail:
      'Frames were to go through the signaling server alone, which one of the sides does not allow.',
    hint: 'Allow the relay on both pages and on the server (docs/hosting.md), or let the pages connect directly.',
  });
}

export function unanswered(): DuetError {
  return new DuetError('no-connection', {
    detail: 'The other side began to connect and then said no more.',
    hint: 'Try again, with both pages open.',
  });
}

export function gaveUp(): DuetError {
  return new DuetError('no-connection', {
    detail:
      'The other side gave up before there was a connection: it could not connect, or what reached it was not from here.',
    hint: 'Try again. A firewall may be in between: configure a TURN server, or allow the relay (docs/hosting.md).',
  });
}
