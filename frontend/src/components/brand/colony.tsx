import { useMemo } from "react";
import { cn } from "@/lib/utils";
import { growTree } from "./grow-tree";
import { ROOK_BILL, ROOK_BODY } from "./rook-mark";

const NEST =
  "M-9 1C-5 5 5 5 9 1M-10-1C-4 4 6 3 10-2M-8 3C-2 6 4 5 8 2M-9-2 7 4M9-3-6 4M-10 1 2 5M10 0-2 5M-6-2 9 2M-7 4C-3 7 3 7 6 4";
const WIDTHS = [10, 7, 4.8, 3.3, 2.3, 1.6, 1.1, 0.85, 0.65];

/** A winter tree with nests and rooks: what a rookery is. Decoration only. */
export function Colony({ className, seed = 14 }: { className?: string; seed?: number }) {
  const tree = useMemo(() => growTree(seed, 400), [seed]);
  const layer = (depth: number) =>
    tree.branches
      .filter((branch) => branch.depth === depth)
      .map((branch) => branch.path)
      .join("");
  return (
    <svg viewBox="-240 -420 480 420" fill="none" aria-hidden="true" className={cn("text-branch", className)}>
      <g stroke="currentColor" strokeLinecap="round">
        {WIDTHS.map((width, depth) => (
          <path key={width} d={layer(depth)} strokeWidth={width} />
        ))}
      </g>
      <g className="stroke-twig" strokeLinecap="round" strokeWidth={1.3}>
        {tree.nests.map(({ x, y, size }) => (
          <path key={`${x},${y}`} d={NEST} transform={`translate(${x} ${y - 3}) scale(${size})`} />
        ))}
      </g>
      {tree.perches.map(({ x, y, size }, index) => (
        <g
          key={`${x},${y}`}
          transform={`translate(${x} ${y}) scale(${(index % 2 ? -1 : 1) * size * 0.3} ${size * 0.3}) translate(-30 -48)`}
        >
          <path d={ROOK_BODY} className="fill-rook" />
          <path d={ROOK_BILL} className="fill-primary" />
        </g>
      ))}
    </svg>
  );
}
