/** What each of its threads runs, as text. */
declare module '*/tfjs-backend-wasm-threaded-simd.js?raw' {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: that is how Vite gives it.
  export default text;
}

/** The content as a data: URL. */
declare module '*.wasm?url&inline' {
  const dataUrl: string;
  // biome-ignore lint/style/noDefaultExport: that is how Vite gives it.
  export default dataUrl;
}
