export interface Branch {
  depth: number;
  path: string;
}

export interface Spot {
  x: number;
  y: number;
  size: number;
}

export interface Tree {
  branches: Branch[];
  nests: Spot[];
  perches: Spot[];
}

const DEPTH = 8;
const NEST_DEPTH = 5;

/** Grow a winter tree, rooted at (0, 0) and rising towards negative y. The same seed grows the same tree. */
export function growTree(seed: number, height: number): Tree {
  const random = sequence(seed);
  const between = (low: number, high: number) => low + (high - low) * random();
  const tree: Tree = { branches: [], nests: [], perches: [] };

  const grow = (x: number, y: number, angle: number, length: number, depth: number) => {
    const bend = angle + between(-0.2, 0.2);
    const [x2, y2] = [x + Math.cos(angle) * length, y + Math.sin(angle) * length];
    const [cx, cy] = [x + Math.cos(bend) * length * 0.5, y + Math.sin(bend) * length * 0.5];
    tree.branches.push({ depth, path: `M${n(x)} ${n(y)}Q${n(cx)} ${n(cy)} ${n(x2)} ${n(y2)}` });
    if (depth === DEPTH) {
      settle(tree.perches, { x: x2, y: y2, size: between(0.85, 1.1) }, random() < 0.03, height * 0.1);
      return;
    }
    if (depth === NEST_DEPTH) {
      settle(tree.nests, { x: x2, y: y2, size: between(0.8, 1.2) }, random() < 0.4, height * 0.09);
    }
    const children = depth > 0 && random() < 0.22 ? 3 : 2;
    const spread = between(0.45, 0.8);
    const upward = (-Math.PI / 2 - angle) * 0.14;
    for (let child = 0; child < children; child += 1) {
      const offset = (child / (children - 1) - 0.5) * spread + between(-0.14, 0.14);
      grow(x2, y2, angle + offset + upward, length * between(0.7, 0.86), depth + 1);
    }
  };
  grow(0, 0, -Math.PI / 2 + 0.03, height * 0.2, 0);
  return tree;
}

/** Take a spot when chance allows it and no neighbour is too near. */
function settle(spots: Spot[], spot: Spot, chance: boolean, distance: number): void {
  if (chance && spots.every(({ x, y }) => Math.hypot(x - spot.x, y - spot.y) > distance)) {
    spots.push(spot);
  }
}

const n = (value: number) => Math.round(value * 10) / 10;

/** Mulberry32: a small sequence of numbers in [0, 1) that depends on nothing but its seed. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
