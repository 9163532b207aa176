// Draws the charts of a page from the figures beside them. The table says the same without it.
(() => {
  "use strict";

  const { echarts } = window;
  const SMALL = 560;
  const drawn = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = () => ({
    main: colour("--chart-main"),
    plain: colour("--chart-plain"),
    over: colour("--chart-over"),
    line: colour("--chart-line"),
    text: colour("--chart-text"),
  });
  const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const written = (value, unit) => numbers.format(value) + (unit ? ` ${unit}` : "");

  const seriesOf = (one, data, colours, small) => {
    const hasRight = data.series.some((other) => other.axis === "right");
    const index = one.axis === "right" && hasRight ? 1 : 0;
    const common = {
      name: one.name,
      type: one.kind,
      data: one.values,
      animation: false,
      itemStyle: { color: colours[one.style] },
    };
    const axis = data.lying ? { xAxisIndex: index } : { yAxisIndex: index };
    if (one.kind === "bar") {
      const shown = data.categories.length <= (small ? 8 : 16);
      return {
        ...common,
        ...axis,
        barMaxWidth: 44,
        label: {
          show: shown,
          position: data.lying ? "right" : "top",
          color: colours.text,
          fontSize: 11,
          formatter: (point) => (point.value === null ? "" : written(point.value, "")),
        },
      };
    }
    return {
      ...common,
      ...axis,
      connectNulls: one.dashed,
      symbol: one.dashed ? "none" : "circle",
      symbolSize: 6,
      lineStyle: {
        color: colours[one.style],
        width: one.style === "main" ? 3 : 2,
        type: one.dashed ? "dashed" : "solid",
      },
    };
  };

  const valueAxis = (data, side, colours) => {
    const of = data.series.filter((one) => one.axis === side);
    const percent = of.some((one) => one.unit === "%");
    return {
      type: "value",
      minInterval: percent ? 0 : 1,
      max: percent && side === "right" ? 100 : null,
      axisLabel: { color: colours.text, formatter: (value) => written(value, percent ? "%" : "") },
      splitLine: { show: side === "left", lineStyle: { color: colours.line } },
    };
  };

  const optionOf = (data, width, colours) => {
    const small = width < SMALL;
    const sides = data.series.some((one) => one.axis === "right") ? ["left", "right"] : ["left"];
    const categories = {
      type: "category",
      data: data.categories,
      inverse: data.lying,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: {
        color: colours.text,
        interval: data.lying || data.categories.length <= 8 ? 0 : "auto",
        width: data.lying ? Math.min(220, width * 0.42) : Math.max(48, width / (data.categories.length + 1)),
        overflow: data.lying ? "break" : "truncate",
        fontSize: small ? 10 : 12,
      },
    };
    const values = sides.map((side) => valueAxis(data, side, colours));
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 24, top: 24, bottom: 8, containLabel: true },
      xAxis: data.lying ? values : categories,
      yAxis: data.lying ? categories : values,
      series: data.series.map((one) => seriesOf(one, data, colours, small)),
    };
  };

  const draw = (figure) => {
    const data = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
    const picture = figure.querySelector("[data-chart-picture]");
    const reading = figure.querySelector("[data-chart-reading]");
    if (data.lying) picture.style.height = `${Math.max(12, 3.2 * data.categories.length)}rem`;
    const chart = echarts.init(picture, null, { renderer: "canvas" });
    const paint = () => chart.setOption(optionOf(data, picture.clientWidth, palette()), true);
    paint();
    const units = Object.fromEntries(data.series.map((one) => [one.name, one.unit]));
    chart.on("mouseover", (point) => {
      reading.textContent = `${point.name} · ${point.seriesName}: ${written(point.value, units[point.seriesName])}`;
    });
    chart.on("mouseout", () => {
      reading.textContent = "";
    });
    const button = figure.querySelector("[data-chart-png]");
    button.hidden = false;
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      const paper = getComputedStyle(figure).backgroundColor;
      link.href = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: paper });
      link.download = `${data.name}.png`;
      link.click();
    });
    new ResizeObserver(() => {
      chart.resize();
      paint();
    }).observe(picture);
    drawn.push(paint);
  };

  if (!echarts) return;
  for (const figure of document.querySelectorAll("[data-chart]")) draw(figure);
  new MutationObserver(() => drawn.forEach((paint) => paint())).observe(document.documentElement, {
    attributeFilter: ["data-bs-theme"],
  });
})();
