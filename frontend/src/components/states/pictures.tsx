const frame = { viewBox: "0 0 112 72", width: 112, height: 72, fill: "none" } as const;
const line = {
  stroke: "currentColor",
  strokeWidth: 1.5,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;
const nest = [
  "M16 38C26 58 86 58 96 38M13 36C30 47 82 47 99 35M19 43C34 55 80 54 94 42M24 49C40 60 74 60 89 48",
  "M14 40 34 52M98 39 77 53M26 44 48 58M86 44 63 58M40 46 70 57M72 46 43 57M32 61C46 66 68 66 80 60",
  "M10 33 24 40M102 31 88 40M8 44 21 45M104 45 91 46M28 56 18 61M84 56 95 60",
].join("");

/** An empty nest. */
export function EmptyNest() {
  return (
    <svg {...frame} aria-hidden="true">
      <path d={nest} {...line} />
    </svg>
  );
}

/** A broken twig. */
export function BrokenTwig() {
  return (
    <svg {...frame} aria-hidden="true">
      <path d="M8 54 46 42l-4-5M104 22 60 36l5 5" {...line} strokeWidth={2.6} />
      <path d="M22 50 14 38M32 46l4-14M36 32l-5-6M86 28l3-14M78 30l10 10M70 33l-3-12M16 51l-6-5" {...line} />
    </svg>
  );
}
