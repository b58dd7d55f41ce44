/** What this side says it is, in the handshake. Kept equal to package.json by a test. */
export const software = 'duetjs/0.1.0';
