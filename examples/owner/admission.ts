import type { Peer } from 'duetjs';
import { Setting } from '../shared/settings';

export type Admission = 'ask' | 'known' | 'all';

/** For this tab, so that a door left wide open is shut again with it. */
const setting = new Setting<Admission>('admission', ['ask', 'known', 'all'], 'tab');

export const admissionWords: Readonly<Record<Admission, string>> = {
  ask: 'after I have admitted them',
  known: 'at once, if they were here before; others after I have admitted them',
  all: 'at once, whoever has the invite',
};

export function admission(): Admission {
  return setting.value;
}

/** For those who knock from now on. */
export function setAdmission(choice: string): void {
  setting.set(choice);
}

/** The policy of the duet, which follows the choice while it is open. */
export function admit({ assurance }: Pick<Peer, 'assurance'>): 'admit' | 'ask' {
  if (setting.value === 'known') return assurance === 'known' ? 'admit' : 'ask';
  // Who needed no invite is always asked for.
  return setting.value === 'all' && assurance !== 'key' ? 'admit' : 'ask';
}
