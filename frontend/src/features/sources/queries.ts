import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

const PAGE = 50;

export function useSources() {
  return useInfiniteQuery({
    queryKey: ["sources"],
    queryFn: ({ pageParam, signal }) =>
      unwrap(api.GET("/v1/sources", { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: ({ pages }) => pages.flatMap((page) => page.items),
  });
}

export function useAddSource() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { location: string; namespace: string }) => unwrap(api.POST("/v1/sources", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sources"] }),
  });
}
