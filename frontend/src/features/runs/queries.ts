import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { RunStatus } from "@/api/types";

const PAGE = 30;
const AT_WORK = new Set<RunStatus>(["queued", "running"]);

/** Whether the run is at work, or will be without anybody's doing. */
export const isAtWork = (status: RunStatus): boolean => AT_WORK.has(status);

/** One run; read again while it is at work, since no event tells of a process that died. */
export function useRun(id: string) {
  return useQuery({
    queryKey: ["runs", id],
    queryFn: ({ signal }) =>
      unwrap(api.GET("/v1/runs/{run_id}", { params: { path: { run_id: id } }, signal })),
    enabled: id !== "",
    refetchInterval: (query) => (query.state.data && isAtWork(query.state.data.status) ? 15_000 : false),
  });
}

export interface RunQuery {
  /** text that the question contains */
  text: string;
  status: RunStatus | "";
}

/** Earlier runs that match, newest first; renewed while one of them is at work. The last list stays until the next. */
export function useRuns({ text, status }: RunQuery) {
  const where = { q: text.trim() || null, status: status ? [status] : undefined };
  return useInfiniteQuery({
    queryKey: ["runs", "list", where],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/v1/runs", { params: { query: { limit: PAGE, cursor: pageParam, ...where } }, signal }),
      ),
    placeholderData: keepPreviousData,
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.items.some((run) => isAtWork(run.status))) ? 4_000 : false,
    select: ({ pages }) => pages.flatMap((page) => page.items),
  });
}

export function useRecentRuns(limit: number) {
  return useQuery({
    queryKey: ["runs", "recent", limit],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/runs", { params: { query: { limit } }, signal })),
    select: (page) => page.items,
  });
}
