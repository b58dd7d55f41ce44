export { DuetWorld, type DuetWorldOptions, ScientistBrowser } from './duet-world';
export { hurried, MemoryPage, type MemoryPageParts } from './memory-page';
export { connectedPair, type Leftovers, leftovers, type TestPair, until } from './pair';
export {
  type Arrival,
  RawPair,
  type RawPairOptions,
  RawScientist,
  wrappedEngine,
} from './raw-pair';
