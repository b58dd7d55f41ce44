/** `train 0-400, test 400-456`. Undefined where nothing is said. */
export function splitsOf(text: string): Record<string, [number, number]> | undefined {
  if (text === '') return undefined;
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [, name, from, to] = /^\s*(.*\S)\s+(\d+)\s*[-–]\s*(\d+)\s*$/.exec(part) ?? [];
      if (name === undefined) {
        throw new Error(
          `A part is a name and two row numbers, such as “train 0-400”, not “${part.trim()}”.`,
        );
      }
      return [name, [Number(from), Number(to)]];
    }),
  );
}
