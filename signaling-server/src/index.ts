export type { ServerClock } from './clock';
export { type CommandOptions, runCommand } from './command';
export { type Setting, settings } from './flags';
export { type IceEntry, type IceServer, parseIce } from './ice';
export { defaultServerLimits, type ServerLimits } from './limits';
export type { LogFormat } from './log';
export type { SignalingServerOptions } from './options';
export { createSignalingServer, type SignalingServer } from './server';
