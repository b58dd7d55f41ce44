/** What a page makes before anybody joins: all that takes time and tells nobody anything. */

import { type Identity, loadIdentity, webRtcTransport } from '@duet/link';
import { warmCodecs } from '@duet/protocol';
import type { ResumptionStore } from './resumption';
import { browserResumption } from './resumption-store';
import { workerClock } from './worker-clock';

export interface Preparation {
  readonly identity: Promise<Identity>;
  readonly resumption: ResumptionStore;
}

let prepared: Preparation | undefined;

/**
 * For a page that people open before they join: makes this browser's identity and the connection's certificate, opens what is
 * stored, and compiles the codecs, so that the next `joinDuet` or `connectInvite` need not wait for it. No server is
 * asked, and nobody is told. Never throws; to be called as soon as the page has nothing else to do.
 */
export function prepareToJoin(): void {
  if (prepared !== undefined || globalThis.isSecureContext === false) return;
  workerClock();
  const preparation = { identity: loadIdentity('scientist'), resumption: browserResumption() };
  preparation.resumption.open?.();
  // Whoever needs it is told.
  preparation.identity.catch(() => undefined);
  prepared = preparation;
  webRtcTransport().warm?.();
  warmCodecs();
}

/** What was prepared, once. */
export function takePreparation(): Preparation | undefined {
  const preparation = prepared;
  prepared = undefined;
  return preparation;
}
