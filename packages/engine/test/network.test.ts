import { expect, test } from 'vitest';
import { blockNetwork } from '../src/worker/network';

test('every way out of the worker is taken away, for good', () => {
  const navigator = Object.create({ sendBeacon: () => true, language: 'en' });
  class Scope {
    fetch(): string {
      return 'sent';
    }
    importScripts(): void {}
    postMessage(): string {
      return 'to the page';
    }
    readonly navigator = navigator;
    readonly WebSocket = class {};
    readonly indexedDB = {};
  }
  const scope = new Scope();
  blockNetwork(scope);
  for (const name of ['fetch', 'importScripts', 'WebSocket', 'indexedDB'] as const) {
    expect(scope[name]).toBeUndefined();
    expect(() => Object.assign(scope, { [name]: () => 'sent' })).toThrow(TypeError);
  }
  expect(scope.navigator.sendBeacon).toBeUndefined();
  expect(scope.navigator.language).toBe('en');
  expect(scope.postMessage()).toBe('to the page');
  expect('XMLHttpRequest' in scope).toBe(false);
});
