/** Where things are, for the build of the package. */

import { fileURLToPath } from 'node:url';

export const inPackage = (path: string): string =>
  fileURLToPath(new URL(`../${path}`, import.meta.url));

export const inRepository = (path: string): string => inPackage(`../../${path}`);
