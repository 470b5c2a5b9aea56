import { LoadingRows } from "@/components/states/loading";

/** What stands there while the code of a page is on its way. */
export function PageFallback() {
  return (
    <div className="mx-auto max-w-5xl px-4 pt-12 sm:px-8">
      <LoadingRows />
    </div>
  );
}
