/** In the order of the table. */

import type { Section } from '../support/harness';

export const sections: readonly Section[] = [];
