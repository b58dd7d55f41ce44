/** The content as a data: URL. */
declare module '*.wasm?url&inline' {
  const dataUrl: string;
  // biome-ignore lint/style/noDefaultExport: that is how Vite gives it.
  export default dataUrl;
}
