"""The sixty made-up products of the demo brand, in six categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Category = Literal["snacks", "drinks", "skin", "apparel", "phone", "home"]

CATEGORIES: tuple[Category, ...] = ("snacks", "drinks", "skin", "apparel", "phone", "home")
CATEGORY_NAMES: dict[Category, str] = {
    "snacks": "鲜食 Fresh snacks",
    "drinks": "饮料 Drinks",
    "skin": "护肤 Skin care",
    "apparel": "服饰配件 Apparel accessories",
    "phone": "手机配件 Phone accessories",
    "home": "家居 Home",
}


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product and what the simulator knows of its demand.

    :param price: money a unit; ``margin`` the gross margin in it.
    :param m3: volume of a unit; ``case`` the units of a case.
    :param base: units a day in a city of size 1 at the end of history, without any effect.
    :param life: days of shelf life when it reaches a main warehouse; None does not spoil.
    :param season: log amplitude and peak day of the year of its own season, on top of its
        category's.
    :param launched: days before the end of history on which it was launched; None: long ago.
    :param like: the sku that it resembles (a launch) or replaces (a successor).
    :param replaces: whether it takes over the demand of ``like``.
    :param small: whether the small demo brand has it too.
    """

    sku: str
    category: Category
    name: str
    price: float
    margin: float
    m3: float
    case: int
    base: float
    life: int | None = None
    season: tuple[float, int] = (0.0, 0)
    launched: int | None = None
    like: str = ""
    replaces: bool = False
    small: bool = False


_WINTER, _SPRING, _SUMMER, _AUTUMN = 15, 105, 200, 290  # peak days of the year

_SNACKS = (
    DemoProduct("SN01", "snacks", "鲜肉月饼 Fresh pork mooncakes", 29.9, 12.5, 0.0016, 12, 9.0, 7,
                (0.5, 255), small=True),
    DemoProduct("SN02", "snacks", "卤鸭脖 Braised duck necks", 32.9, 14.0, 0.0012, 20, 14.0, 8),
    DemoProduct("SN03", "snacks", "水果拼盘 Cut fruit box", 25.9, 9.9, 0.0022, 8, 8.0, 4,
                (0.25, _SUMMER)),
    DemoProduct("SN04", "snacks", "蛋黄酥 Egg yolk pastry", 35.0, 15.5, 0.0015, 12, 8.0, 10,
                small=True),
    DemoProduct("SN05", "snacks", "酸奶杯 Yoghurt cups", 27.9, 10.5, 0.0018, 12, 11.0, 12),
    DemoProduct("SN06", "snacks", "吐司面包 Milk toast", 16.9, 7.2, 0.0030, 10, 10.0, 5),
    DemoProduct("SN07", "snacks", "泡芙 Cream puffs", 22.9, 9.6, 0.0014, 12, 6.0, 4),
    DemoProduct("SN08", "snacks", "糖炒栗子 Roasted chestnuts", 26.9, 11.8, 0.0010, 20, 5.0, 9,
                (0.7, 320)),
    DemoProduct("SN09", "snacks", "豆干礼包 Dried tofu pack", 24.9, 11.0, 0.0011, 24, 4.5, 14),
    DemoProduct("SN10", "snacks", "流心酥 Molten yolk pastry", 38.0, 17.0, 0.0015, 12, 9.5, 10,
                launched=158, like="SN04", replaces=True, small=True),
)  # fmt: skip

_DRINKS = (
    DemoProduct("DR01", "drinks", "茉莉花茶六瓶 Jasmine tea, six", 29.9, 11.5, 0.0042, 4, 16.0,
                small=True),
    DemoProduct("DR02", "drinks", "气泡水 Sparkling water, twelve", 45.9, 16.5, 0.0062, 2, 13.0),
    DemoProduct("DR03", "drinks", "冷萃咖啡六瓶 Cold brew, six", 59.0, 25.0, 0.0030, 6, 9.0),
    DemoProduct("DR04", "drinks", "椰子水六瓶 Coconut water, six", 49.9, 18.0, 0.0040, 4, 8.0),
    DemoProduct("DR05", "drinks", "酸梅汤六瓶 Sour plum juice, six", 32.9, 13.0, 0.0042, 4, 7.0,
                None, (0.3, _SUMMER)),
    DemoProduct("DR06", "drinks", "燕麦奶六盒 Oat milk, six", 65.0, 24.0, 0.0066, 2, 6.0),
    DemoProduct("DR07", "drinks", "红枣姜茶 Ginger and date tea", 39.9, 18.5, 0.0012, 12, 5.0,
                None, (0.7, _WINTER)),
    DemoProduct("DR08", "drinks", "电解质水 Electrolyte water, twelve", 55.0, 19.0, 0.0078, 2, 6.5,
                None, (0.35, _SUMMER)),
    DemoProduct("DR09", "drinks", "苏打汽水 Soda, six cans", 22.9, 9.0, 0.0025, 6, 4.0),
    DemoProduct("DR10", "drinks", "桂花乌龙六瓶 Osmanthus oolong, six", 34.9, 14.0, 0.0042, 4, 12.0,
                launched=41, like="DR01", small=True),
)  # fmt: skip

_SKIN = (
    DemoProduct("SK01", "skin", "保湿面膜十片 Hydrating masks, ten", 69.0, 36.0, 0.0009, 20, 10.0,
                small=True),
    DemoProduct("SK02", "skin", "防晒乳 Sunscreen lotion", 89.0, 45.0, 0.0004, 24, 8.0,
                None, (0.8, 170)),
    DemoProduct("SK03", "skin", "洗面奶 Facial cleanser", 49.0, 24.0, 0.0005, 24, 9.0),
    DemoProduct("SK04", "skin", "修护精华 Repair serum", 169.0, 86.0, 0.0003, 12, 4.0),
    DemoProduct("SK05", "skin", "护手霜三支 Hand cream, three", 45.0, 22.0, 0.0005, 24, 6.0,
                None, (0.7, _WINTER)),
    DemoProduct("SK06", "skin", "爽肤水 Toner", 79.0, 40.0, 0.0007, 12, 5.0),
    DemoProduct("SK07", "skin", "润唇膏 Lip balm", 29.0, 14.5, 0.0001, 48, 7.0,
                None, (0.5, _WINTER)),
    DemoProduct("SK08", "skin", "身体乳 Body lotion", 65.0, 31.0, 0.0010, 12, 4.5,
                None, (0.5, _WINTER)),
    DemoProduct("SK09", "skin", "眼霜 Eye cream", 139.0, 72.0, 0.0002, 12, 2.2),
    DemoProduct("SK10", "skin", "水杨酸棉片 Salicylic pads", 75.0, 38.0, 0.0006, 12, 7.0,
                launched=20, like="SK01", small=True),
)  # fmt: skip

_APPAREL = (
    DemoProduct("AP01", "apparel", "羊毛围巾 Wool scarf", 99.0, 48.0, 0.0025, 10, 5.0,
                None, (1.2, 345), small=True),
    DemoProduct("AP02", "apparel", "棉袜五双 Cotton socks, five", 39.0, 19.0, 0.0010, 20, 11.0,
                small=True),
    DemoProduct("AP03", "apparel", "遮阳帽 Sun hat", 59.0, 29.0, 0.0030, 10, 5.0, None, (0.9, 165)),
    DemoProduct("AP04", "apparel", "真丝发圈 Silk hair ties", 25.0, 13.0, 0.0002, 40, 8.0),
    DemoProduct("AP05", "apparel", "帆布袋 Canvas tote", 49.0, 24.0, 0.0014, 20, 6.0),
    DemoProduct("AP06", "apparel", "保暖手套 Warm gloves", 45.0, 22.0, 0.0009, 20, 4.0,
                None, (1.2, 350)),
    DemoProduct("AP07", "apparel", "皮带 Leather belt", 89.0, 42.0, 0.0010, 20, 2.5),
    DemoProduct("AP08", "apparel", "墨镜 Sunglasses", 119.0, 62.0, 0.0006, 20, 2.8,
                None, (0.6, _SUMMER)),
    DemoProduct("AP09", "apparel", "晴雨伞 Umbrella", 69.0, 33.0, 0.0012, 16, 5.5,
                None, (0.2, 175)),
    DemoProduct("AP10", "apparel", "毛线帽 Knitted beanie", 55.0, 27.0, 0.0016, 16, 3.5,
                None, (1.2, 350)),
)  # fmt: skip

_PHONE = (
    DemoProduct("PH01", "phone", "透明手机壳 Clear phone case", 35.0, 20.0, 0.0003, 40, 12.0,
                small=True),
    DemoProduct("PH02", "phone", "钢化膜两片 Tempered glass, two", 25.0, 15.0, 0.0002, 50, 13.0),
    DemoProduct("PH03", "phone", "20W 充电器 20 W charger", 59.0, 27.0, 0.0004, 30, 7.0),
    DemoProduct("PH04", "phone", "编织数据线 Braided cable", 29.0, 16.0, 0.0003, 40, 10.0),
    DemoProduct("PH05", "phone", "磁吸充电宝 Magnetic power bank", 129.0, 52.0, 0.0006, 20, 5.0),
    DemoProduct("PH06", "phone", "车载支架 Car mount", 49.0, 24.0, 0.0010, 20, 3.0),
    DemoProduct("PH07", "phone", "蓝牙耳机 Wireless earbuds", 159.0, 66.0, 0.0005, 20, 4.5),
    DemoProduct("PH08", "phone", "手机挂绳 Phone strap", 19.9, 11.0, 0.0002, 50, 6.0),
    DemoProduct("PH09", "phone", "35W 氮化镓充电器 35 W GaN charger", 79.0, 37.0, 0.0004, 30, 8.0,
                launched=104, like="PH03", replaces=True),
    DemoProduct("PH10", "phone", "磁吸卡包 Magnetic card wallet", 45.0, 25.0, 0.0003, 40, 6.5,
                launched=9, like="PH08"),
)  # fmt: skip

_HOME = (
    DemoProduct("HO01", "home", "香薰蜡烛 Scented candle", 69.0, 34.0, 0.0018, 12, 5.0,
                None, (0.3, _WINTER), small=True),
    DemoProduct("HO02", "home", "抽纸二十包 Tissues, twenty packs", 49.9, 15.5, 0.0210, 1, 8.0,
                small=True),
    DemoProduct("HO03", "home", "四件套 Bed linen set", 199.0, 82.0, 0.0150, 2, 2.0,
                None, (0.3, _AUTUMN)),
    DemoProduct("HO04", "home", "乳胶枕 Latex pillow", 129.0, 52.0, 0.0190, 2, 2.0),
    DemoProduct("HO05", "home", "保温杯 Vacuum flask", 79.0, 36.0, 0.0014, 12, 5.0,
                None, (0.5, 345)),
    DemoProduct("HO06", "home", "洗衣凝珠 Laundry pods", 45.0, 18.0, 0.0028, 8, 7.5),
    DemoProduct("HO07", "home", "收纳箱 Storage box", 39.0, 15.0, 0.0170, 2, 3.5,
                None, (0.2, _SPRING)),
    DemoProduct("HO08", "home", "法兰绒毯 Flannel blanket", 89.0, 39.0, 0.0120, 3, 2.5,
                None, (1.1, 335)),
    DemoProduct("HO09", "home", "小夜灯 Night light", 39.0, 20.0, 0.0008, 20, 3.0),
    DemoProduct("HO10", "home", "桌面加湿器 Desk humidifier", 99.0, 44.0, 0.0040, 6, 1.6,
                None, (0.8, 355)),
)  # fmt: skip

PRODUCTS: tuple[DemoProduct, ...] = (*_SNACKS, *_DRINKS, *_SKIN, *_APPAREL, *_PHONE, *_HOME)
