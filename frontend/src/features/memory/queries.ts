import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

const PAGE = 30;

export interface MemoryFilter {
  query: string;
  namespace: string;
}

/** Memories, newest first. */
export function useMemories(namespace: string, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["memories", "list", namespace],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET("/v1/memories", {
          params: { query: { limit: PAGE, cursor: pageParam, namespace: namespace || null } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: ({ pages }) => pages.flatMap((page) => page.items),
    enabled,
  });
}

/** Memories that a search found, best first. */
export function useMemorySearch({ query, namespace }: MemoryFilter) {
  return useQuery({
    queryKey: ["memories", "search", query, namespace],
    queryFn: ({ signal }) =>
      unwrap(
        api.POST("/v1/memories/search", {
          body: { query, namespace: namespace || null, limit: PAGE },
          signal,
        }),
      ),
    select: (page) => page.items,
    enabled: query !== "",
  });
}

export function useForget() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(api.DELETE("/v1/memories/{memory_id}", { params: { path: { memory_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["memories"] }),
  });
}
