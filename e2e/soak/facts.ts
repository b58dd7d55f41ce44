/** What both pages of the soak know. */

/** The private numbers of the owner's. */
export const secretNumbers: readonly number[] = Array.from({ length: 12 }, (_, at) => at * at + 3);

export const secretSum = secretNumbers.reduce((sum, each) => sum + each, 0);

/** Of the private table. */
export const records = 256;
export const width = 8;
