/** A sentence of the server: what it puts in backticks is code. */
export function Message({ text }: { text: string }) {
  return text.split(/(`[^`]+`)/).map((part, index) =>
    part.startsWith("`") && part.length > 2 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence never change places
      <code key={index} className="font-mono text-[0.93em]">
        {part.slice(1, -1)}
      </code>
    ) : (
      part
    ),
  );
}
